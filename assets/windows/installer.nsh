; Hooks of electron-builder's NSIS installer, which runs as administrator and installs for all users.

!macro customInstall
  WriteRegStr HKLM "Software\Classes\postern" "" "URL:Postern"
  WriteRegStr HKLM "Software\Classes\postern" "URL Protocol" ""
  WriteRegStr HKLM "Software\Classes\postern\DefaultIcon" "" "$INSTDIR\${APP_EXECUTABLE_FILENAME},0"
  WriteRegStr HKLM "Software\Classes\postern\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%1"'
!macroend

!macro customUnInstall
  ; The uninstaller of the version before runs during an update, too: what belongs to the user stays then.
  ${ifNot} ${isUpdated}
    DeleteRegKey HKLM "Software\Classes\postern"
    ; What the app itself registers for the user: the scheme and starting at login.
    DeleteRegKey HKCU "Software\Classes\postern"
    DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "${APP_ID}"
  ${endIf}
!macroend
